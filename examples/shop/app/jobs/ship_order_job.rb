# frozen_string_literal: true

# Packs and ships an order that was just placed.
class ShipOrderJob < ActiveJob::Base
  def perform(order_id)
    order = Order.find_by(id: order_id)
    order&.update!(status: "shipped")
  end
end
