# Prints what does not hold; silence is success. An app with a database that
# only ActiveRecord knows: the answers to setup and explain are there all the
# same, for one that raised would end the connection.
dir = ARGV.fetch(0)
module PitwallAgent
  FAULTS = [NameError].freeze
  class << self
    attr_reader :launcher
    def part(name) = name == "sql" ? nil : load("#{ARGV[0]}/pitwall_agent/#{name}.rb")
  end
  module Sql
    def self.examples = { 7 => ["SELECT 1", [], ActiveRecord::Base.connection] }
  end
end
load "#{dir}/pitwall_agent/setup.rb"
load "#{dir}/pitwall_agent/explain.rb"

Connection = Struct.new(:adapter_name, :tables) do
  def pool = self
  def with_connection = yield(self)
  def size = 5
  def quote_table_name(name) = "\"#{name}\""
  def select_values(*) = tables.keys
  def select_value(sql, _) = tables.fetch(sql[/"(.*)"/, 1])
end

module ActiveRecord
  class Base
    class << self
      attr_accessor :connection
      alias connection_pool connection
      def connection_config = { adapter: connection.adapter_name, database: "/srv/app/app.db" }
    end
  end
end

{
  Connection.new("SQLite", "users" => 3, "empty" => nil, "issues" => 500) => { "issues" => 500, "users" => 3, "empty" => 0 },
  Connection.new("OracleEnhanced", {}) => {}
}.each do |connection, rows|
  ActiveRecord::Base.connection = connection
  got = PitwallAgent::Setup.read
  puts "#{connection.adapter_name}: rows #{got["rows"]}, want #{rows}" unless got["rows"] == rows && got["rows"].to_a == rows.to_a
  puts "#{connection.adapter_name}: #{got["facts"]}" unless got["facts"]["db.name"] == "app.db"
  plans = PitwallAgent::Explain.run("7")
  puts "#{connection.adapter_name}: #{plans}" unless plans.size == 1 && plans[0]["error"].to_s != ""
end
