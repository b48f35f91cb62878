# frozen_string_literal: true

require "json"

module PitwallAgent
  part("sql")

  # Asks the database what it would do for the statements that were seen. Only
  # names and figures leave this file: columns are those of the relation, so no
  # literal of a filter can be among them.
  module Explain
    SECONDS = 20
    NODES = 300
    DEPTH = 100

    class << self
      def run(args)
        ends = Process.clock_gettime(Process::CLOCK_MONOTONIC) + SECONDS
        plans = []
        args.split(",").first(1000).map(&:to_i).each do |id|
          break if Process.clock_gettime(Process::CLOCK_MONOTONIC) > ends

          example = Sql.examples[id]
          plans << plan(id, *example) if example
        end
        plans
      end

      private

      def plan(id, sql, binds, connection)
        nodes = connection.pool.with_connection { |c| reader(c).new(c).nodes(sql.sub(/;\s*\z/, ""), binds || []) }
        { "id" => id, "nodes" => nodes.first(NODES) }
      rescue StandardError => e
        { "id" => id, "nodes" => [], "error" => e.class.name }
      end

      def reader(connection)
        case connection.adapter_name
        when /postg/i then PostgreSQL
        when /mysql|trilogy/i then MySQL
        when /sqlite/i then SQLite
        else raise ArgumentError, connection.adapter_name
        end
      end
    end

    # EXPLAIN (FORMAT JSON), in a transaction that may not write.
    class PostgreSQL
      CONDITIONS = ["Filter", "Index Cond", "Recheck Cond", "TID Cond", "Hash Cond", "Merge Cond", "Join Filter"].freeze

      def initialize(connection)
        @connection = connection
        @columns = {}
        @rows = {}
      end

      def nodes(sql, binds)
        text = nil
        @connection.transaction do
          @connection.execute("SET TRANSACTION READ ONLY", "SCHEMA")
          @connection.execute("SET LOCAL statement_timeout = '2s'", "SCHEMA")
          text = @connection.exec_query("EXPLAIN (FORMAT JSON) #{sql}", "SCHEMA", binds).rows.dig(0, 0)
          raise ::ActiveRecord::Rollback
        end
        plan = text.is_a?(String) ? JSON.parse(text, max_nesting: 3 * DEPTH) : text
        walk(plan.dig(0, "Plan"), 0, [])
      end

      private

      def walk(node, depth, list)
        return list if node.nil? || depth > DEPTH || list.size >= NODES

        relation = node["Relation Name"]
        list << { "depth" => depth, "type" => node["Node Type"], "relation" => relation.to_s, "index" => node["Index Name"].to_s,
                  "columns" => named(relation, node), "rows" => node["Plan Rows"].to_f,
                  "table_rows" => relation ? rows(relation) : -1, "cost" => node["Total Cost"].to_f }
        Array(node["Plans"]).each { |child| walk(child, depth + 1, list) }
        list
      end

      # The relation's columns that its conditions name.
      def named(relation, node)
        return [] unless relation

        text = CONDITIONS.map { |c| node[c] }.compact.join(" ").gsub(/'(?:[^']|'')*'/, " ")
        words = text.scan(/"((?:[^"]|"")+)"|([a-zA-Z_][\w$]*)/).map { |quoted, plain| quoted ? quoted.gsub('""', '"') : plain }
        words.uniq & columns(relation)
      end

      def columns(relation)
        @columns[relation] ||= @connection.columns(relation).map(&:name)
      rescue ::ActiveRecord::ActiveRecordError
        @columns[relation] = []
      end

      def rows(relation)
        name = @connection.quote(@connection.quote_table_name(relation))
        @rows[relation] ||= @connection.select_value("SELECT reltuples FROM pg_class WHERE oid = to_regclass(#{name})", "SCHEMA")&.to_f || -1
      rescue ::ActiveRecord::ActiveRecordError
        @rows[relation] = -1
      end
    end

    class MySQL
      def initialize(connection)
        @connection = connection
      end

      def nodes(sql, binds)
        raise ArgumentError, "an executable comment" if sql.include?("/*!")

        @connection.exec_query("EXPLAIN #{sql}", "SCHEMA", binds).to_a.each_with_index.map do |row, i|
          all = row["type"] == "ALL"
          { "depth" => i, "type" => all ? "Table Scan" : row["type"].to_s, "relation" => row["table"].to_s, "index" => row["key"].to_s,
            "columns" => [], "rows" => row["rows"].to_f, "table_rows" => all ? row["rows"].to_f : -1, "cost" => -1 }
        end
      end
    end

    class SQLite
      DETAIL = /\A(SCAN|SEARCH)(?: TABLE)? (\w+)(?: AS \w+)?(?: USING (?:AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?(?:INDEX (\w+)|INTEGER PRIMARY KEY))?/.freeze

      def initialize(connection)
        @connection = connection
      end

      def nodes(sql, binds)
        @connection.exec_query("EXPLAIN QUERY PLAN #{sql}", "SCHEMA", binds).to_a.each_with_index.map do |row, i|
          kind, table, index = row["detail"].to_s.match(DETAIL)&.captures
          { "depth" => i, "type" => { "SCAN" => index ? "Index Scan" : "Table Scan", "SEARCH" => "Search" }[kind] || "Step", "relation" => table.to_s,
            "index" => index.to_s, "columns" => [], "rows" => -1, "table_rows" => -1, "cost" => -1 }
        end
      end
    end
  end
end
