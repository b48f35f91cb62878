# frozen_string_literal: true

# Two ways to quote a row of the export, side by side.
Pitwall.bench do |x|
  x.because source: "a lap of the shop", date: "2026-11-23", share: 0.07

  x.setup do
    require "./app/models/export"
    @export = Export.allocate
    @row = ["1", "17", "4711", "3", "1999", "leave it with the neighbour"]
  end

  x.report("by character", method: "Export#quote_each") { @row.map { |value| @export.send(:quote_each, value) } }
  x.report("by gsub") { @row.map { |value| @export.send(:quote, value) } }
  x.compare
end
