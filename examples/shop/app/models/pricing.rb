# frozen_string_literal: true

# What delivering a basket costs on average over many trips.
class Pricing
  TRIPS = 300_000
  PERIOD = 97

  def initialize(product, quantity)
    @base = product.price_cents * quantity
    @seed = product.id % PERIOD
  end

  def cents
    @base + trips_total / TRIPS
  end

  private

  def trips_total
    Rails.configuration.x.switches.fixed?("cpu") ? repeat : simulate(TRIPS)
  end

  # The planted fault: trip after trip is worked out, although they repeat
  # themselves after PERIOD of them.
  def simulate(trips)
    total = 0
    trip = 0
    while trip < trips
      total += (trip * trip + @seed) % PERIOD
      trip += 1
    end
    total
  end

  def repeat
    rounds, rest = TRIPS.divmod(PERIOD)
    rounds * simulate(PERIOD) + simulate(rest)
  end
end
