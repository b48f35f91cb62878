# frozen_string_literal: true

class QuotesController < ApplicationController
  def show
    @product = Product.find(params[:id])
    @quantity = params.fetch(:quantity, 1).to_i.clamp(1, 100)
    @cents = Pricing.new(@product, @quantity).cents
  end
end
