# frozen_string_literal: true

class CheckoutsController < ApplicationController
  before_action :require_login

  def show
    @product = Product.find(params.fetch(:product_id, 1))
  end

  def create
    product = Product.find(params[:product_id])
    order = Order.place(current_user, product, params[:quantity].to_i.clamp(1, 10))
    ShipOrderJob.perform_later(order.id)
    redirect_to account_path, status: :see_other
  end
end
