# frozen_string_literal: true

# The fault of SHOP_MODE=leak: a log of visits that nobody reads or trims,
# about 4 kB a request, held for ever.
class Leak
  VISITS = []

  def self.grow(request)
    VISITS << { path: request.path.dup, at: Time.now, agent: request.user_agent.to_s.dup, trail: "visit " * 600 }
  end
end
