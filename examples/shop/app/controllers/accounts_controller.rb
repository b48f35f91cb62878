# frozen_string_literal: true

class AccountsController < ApplicationController
  before_action :require_login

  def show
    @orders = current_user.orders.order(id: :desc).limit(5)
  end
end
