# frozen_string_literal: true

# The fault of SHOP_MODE=fragment: of many strings of all sizes, a few in
# between are kept and the rest let go. What is live stays the same (KEPT
# strings); the holes between them are too small for what comes next.
class Fragments
  KEPT = 20_000
  STRINGS = 400

  @kept = Array.new(KEPT)
  @random = Random.new(1)
  @mutex = Mutex.new

  def self.scatter
    @mutex.synchronize do
      strings = Array.new(STRINGS) { "x" * (64 + @random.rand(16_000)) }
      (0...STRINGS).step(20) { |i| @kept[@random.rand(KEPT)] = strings[i] }
    end
  end
end
