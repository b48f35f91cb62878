# frozen_string_literal: true

class ApplicationController < ActionController::Base
  include MemoryFaults

  helper_method :current_user

  private

  def current_user
    @current_user ||= User.find_by(id: session[:user_id]) if session[:user_id]
  end

  def require_login
    redirect_to login_path, status: :see_other unless current_user
  end

  def log_in(user)
    reset_session
    session[:user_id] = user.id
  end

  def switches
    Rails.configuration.x.switches
  end
end
