# frozen_string_literal: true

# Turnover per status. With SHOP_MODE=bloat, every order and its lines are
# loaded to add them up: one request that takes some hundred megabytes.
class ReportsController < ApplicationController
  def show
    @totals = switches.mode?("bloat") ? add_up : Order.group(:status).sum(:total_cents)
  end

  private

  def add_up
    orders = Order.preload(:lines).to_a
    orders.group_by(&:status).transform_values { |group| group.sum(&:total_cents) }
  end
end
