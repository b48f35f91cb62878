# frozen_string_literal: true

# SHOP_MODE=leak and SHOP_MODE=fragment, for every request.
module MemoryFaults
  extend ActiveSupport::Concern

  included do
    before_action { Leak.grow(request) } if Rails.configuration.x.switches.mode?("leak")
    before_action { Fragments.scatter } if Rails.configuration.x.switches.mode?("fragment")
  end
end
