# frozen_string_literal: true

Pitwall.bench do |x|
  x.because source: "production log", date: "2026-11-01", share: 0.31
  x.allow "sleep"
  x.config time: 5, warmup: 2
  x.time = 3
  x.setup { @rows = Array.new(100) { |i| i } }
  x.report("map", budgets: ["objects <= 120"], method: "Foo#bar") { @rows.map(&:to_s) }
  x.report("each", allow: "api.example", margin: 0.05, because: { source: "lap" }) do
    out = []
    @rows.each { |r| out << r.to_s }
    out
  end
  x.report "text", "@rows.map { |r|\n  r.to_s\n}"
  x.report("times") { |n| n.times { @rows.map(&:to_s) } }
  x.teardown { raise "rows: #{@rows.size}" }
  x.compare!
end

Pitwall.bench do |x|
  x.rails
  x.report("raises") { nil.frobnicate }
end
