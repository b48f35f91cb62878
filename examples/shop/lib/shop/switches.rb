# frozen_string_literal: true

module Shop
  # SHOP_FIX turns planted faults off, SHOP_MODE turns faults of memory on.
  # Both are lists of names with commas between them.
  class Switches
    FIXES = %w[n_plus_one missing_index allocations cpu io].freeze
    MODES = %w[leak bloat fragment].freeze

    def self.read(env)
      new(names(env, "SHOP_FIX", FIXES), names(env, "SHOP_MODE", MODES))
    end

    def self.names(env, variable, known)
      given = env.fetch(variable, "").split(",").map(&:strip).reject(&:empty?)
      unknown = given - known
      return given if unknown.empty?

      raise ArgumentError, "#{variable}: unknown #{unknown.join(", ")}; there are #{known.join(", ")}"
    end
    private_class_method :names

    def initialize(fixes, modes)
      @fixes = fixes
      @modes = modes
    end

    def fixed?(name)
      @fixes.include?(name)
    end

    def mode?(name)
      @modes.include?(name)
    end
  end
end
