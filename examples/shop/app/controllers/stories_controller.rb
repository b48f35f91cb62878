# frozen_string_literal: true

class StoriesController < ApplicationController
  def index
    @stories = Story.order(:id).limit(6)
    @products = Product.order(:id).limit(12)
  end

  def show
    @story = Story.find(params[:id])
  end
end
