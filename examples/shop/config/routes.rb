# frozen_string_literal: true

Rails.application.routes.draw do
  root "stories#index"

  get "up", to: "health#show"
  get "stories/:id", to: "stories#show", as: :story
  get "products/:id", to: "products#show", as: :product
  get "orders", to: "orders#index"
  get "track/:tracking", to: "tracking#show", as: :track
  get "export.csv", to: "exports#show", as: :export
  get "quote/:id", to: "quotes#show", as: :quote
  get "rates", to: "rates#show"
  get "report", to: "reports#show"

  resource :login, only: %i[show create], controller: "logins"
  resource :signup, only: %i[show create], controller: "signups"
  resource :account, only: :show, controller: "accounts"
  resource :checkout, only: %i[show create], controller: "checkouts"
end
