# frozen_string_literal: true

class User < ApplicationRecord
  has_many :orders, dependent: :destroy

  validates :name, :password_digest, presence: true
  validates :email, presence: true, uniqueness: true, format: /\A[^@\s]+@[^@\s]+\z/

  def self.authenticate(email, password)
    user = find_by(email: email.to_s)
    user if user && Password.match?(password.to_s, user.password_digest)
  end

  def password=(plain)
    self.password_digest = Password.digest(plain)
  end
end
