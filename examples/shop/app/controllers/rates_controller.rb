# frozen_string_literal: true

class RatesController < ApplicationController
  def show
    @currency = params.fetch(:currency, "EUR").first(3)
    @rates = Rates.for(@currency)
  end
end
