# frozen_string_literal: true

# The lines of a batch of orders as CSV.
class Export
  ORDERS = 250
  COLUMNS = %w[id order_id product_id quantity price_cents note].freeze

  def initialize(batch)
    first = [batch - 1, 0].max * ORDERS + 1
    @lines = Line.where(order_id: first...(first + ORDERS)).order(:id)
  end

  def to_csv
    Rails.configuration.x.switches.fixed?("allocations") ? pluck_rows : build_rows
  end

  private

  # The planted fault: a model per row, a hash per model, strings for every
  # character, and a new text for every row that is added.
  def build_rows
    @lines.to_a.reduce("#{COLUMNS.join(",")}\n") do |csv, line|
      fields = line.attributes.slice(*COLUMNS).values.map { |value| quote_each(value) }
      csv + fields.join(",") + "\n"
    end
  end

  def quote_each(value)
    characters = printable(value.to_s).split("")
    ['"', *characters.map { |character| character == '"' ? '""' : character.dup }, '"'].join
  end

  def printable(text)
    text.split("").reject { |character| character < " " }.join
  end

  def pluck_rows
    csv = +"#{COLUMNS.join(",")}\n"
    @lines.pluck(*COLUMNS).each do |row|
      csv << row.map { |value| quote(value) }.join(",") << "\n"
    end
    csv
  end

  def quote(value)
    value.is_a?(String) ? %("#{value.gsub('"', '""')}") : %("#{value}")
  end
end
