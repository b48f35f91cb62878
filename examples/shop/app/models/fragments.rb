# frozen_string_literal: true

# The fault of SHOP_MODE=fragment: among many large strings that are let go, a
# few small ones are kept. What is live stays at KEPT small strings, about
# 10 MB; the pages between them cannot be given back.
class Fragments
  KEPT = 10_000
  LARGE = 400
  EVERY = 20

  @kept = Array.new(KEPT)
  @random = Random.new(1)
  @mutex = Mutex.new

  def self.scatter
    @mutex.synchronize do
      Array.new(LARGE) do |i|
        @kept[@random.rand(KEPT)] = "x" * (512 + @random.rand(1024)) if (i % EVERY).zero?
        "x" * (4_000 + @random.rand(60_000))
      end
    end
  end
end
