# frozen_string_literal: true

class SignupsController < ApplicationController
  def show
    @user = User.new
  end

  def create
    @user = User.new(params.permit(:email, :name, :password))
    return render(:show, status: :unprocessable_entity) unless @user.save

    log_in(@user)
    redirect_to account_path, status: :see_other
  end
end
