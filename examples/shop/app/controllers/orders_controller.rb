# frozen_string_literal: true

class OrdersController < ApplicationController
  def index
    @page = [params[:page].to_i, 1].max
    @orders = Order.page(@page)
    @orders = @orders.preload(:user) if switches.fixed?("n_plus_one")
  end
end
