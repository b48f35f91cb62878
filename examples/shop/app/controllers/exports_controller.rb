# frozen_string_literal: true

class ExportsController < ApplicationController
  def show
    send_data Export.new(params[:batch].to_i).to_csv, type: "text/csv", filename: "lines.csv"
  end
end
