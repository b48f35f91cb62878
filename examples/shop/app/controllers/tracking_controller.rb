# frozen_string_literal: true

class TrackingController < ApplicationController
  def show
    @tracking = params[:tracking]
    @events = TrackingEvent.of(@tracking).to_a
  end
end
