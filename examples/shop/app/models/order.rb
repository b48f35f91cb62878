# frozen_string_literal: true

class Order < ApplicationRecord
  PER_PAGE = 50

  belongs_to :user
  has_many :lines, dependent: :destroy

  def self.page(number)
    order(:id).offset([number - 1, 0].max * PER_PAGE).limit(PER_PAGE)
  end

  def self.place(user, product, quantity)
    total = product.price_cents * quantity
    transaction do
      create!(user: user, status: "placed", total_cents: total, placed_at: Time.current).tap do |order|
        order.lines.create!(product: product, quantity: quantity, price_cents: product.price_cents)
      end
    end
  end
end
