# frozen_string_literal: true

# Where a parcel was seen. The table has a million rows and no index on
# tracking, unless SHOP_FIX names missing_index (bin/postgres makes it then).
class TrackingEvent < ApplicationRecord
  def self.of(tracking)
    where(tracking: tracking).order(:seen_at)
  end
end
