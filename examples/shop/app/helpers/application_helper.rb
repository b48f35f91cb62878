# frozen_string_literal: true

module ApplicationHelper
  def money(cents)
    format("€%.2f", cents / 100.0)
  end
end
