# frozen_string_literal: true

# A library whose cost is known: each sweep makes 100 objects, or as many as
# SHED_OBJECTS says.
module Shed
  OBJECTS = Integer(ENV.fetch("SHED_OBJECTS", "100"))

  def self.sweep
    OBJECTS.times { Object.new }
    "swept"
  end
end
