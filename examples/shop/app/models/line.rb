# frozen_string_literal: true

class Line < ApplicationRecord
  belongs_to :order
  belongs_to :product
end
