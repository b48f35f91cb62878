# frozen_string_literal: true

class LoginsController < ApplicationController
  def show; end

  def create
    user = User.authenticate(params[:email], params[:password])
    return render(:show, status: :unprocessable_entity) unless user

    log_in(user)
    redirect_to account_path, status: :see_other
  end
end
