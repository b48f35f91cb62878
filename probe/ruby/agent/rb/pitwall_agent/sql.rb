# frozen_string_literal: true

module PitwallAgent
  part("fingerprint")

  # Counts the statements of each request, by fingerprint and calling line.
  module Sql
    GROUPS = 1000 # per request
    IDS = 5000    # fingerprints per process
    EXAMPLES = 1000
    LONG = 16_384 # a longer statement is not kept as an example
    FURTHER = "(further statements)"

    @ids = {}
    @kinds = {}
    @examples = {}
    @lock = Mutex.new

    class << self
      attr_reader :examples

      def subscribe
        return if @subscribers || !defined?(::ActiveSupport::Notifications)

        @subscribers = { "sql.active_record" => Statements.new, "instantiation.active_record" => Instances.new,
                         "process_action.action_controller" => Actions.new }.map do |name, hook|
          ::ActiveSupport::Notifications.subscribe(name, hook)
        end
      end

      def unsubscribe
        @subscribers&.each { |s| ::ActiveSupport::Notifications.unsubscribe(s) }
        @subscribers = nil
      end

      # A new connection knows no fingerprint yet.
      def forget
        @ids = {}
        @kinds = {}
        @examples = {}
        @lock = Mutex.new
      end

      # The statement's number in this process.
      def id(sql, connection)
        kind = (@kinds[connection.class] ||= Fingerprint.new(connection))
        kind.known(sql) { |text| number(text) }
      end

      def number(text)
        @ids[text] || announce(@ids.size < IDS ? text : FURTHER)
      end

      def record(record, payload, ns, count = 1)
        connection = payload[:connection]
        sql = payload[:sql]
        return if sql.nil?

        id, explainable = id(sql, connection)
        group = group(record, id, Lines.find(id))
        return unless group

        group[0] += count
        group[1] += 1 if payload[:cached]
        group[2] += ns
        rows(record, group, payload[:row_count])
        keep(id, sql, payload, connection) if explainable && !payload[:cached]
      end

      private

      # Tells Pitwall the text, once, before the first request that refers to it.
      def announce(text)
        @lock.synchronize do
          @ids[text] ||= @ids.size.tap do |id|
            PitwallAgent.link&.queue("f", "{\"id\":#{id},\"text\":#{Text.quote(text)}}", true)
          end
        end
      end

      # [count, cached, ns, rows, statements whose rows are known]
      def group(record, id, line)
        lines = (record.groups[id] ||= {}.compare_by_identity)
        lines[line] || begin
          return record.lost += 1 && nil if record.size >= GROUPS

          record.size += 1
          lines[line] = [0, 0, 0, 0, 0]
        end
      end

      # Rails before 7.2 does not say how many rows came, but says next how many
      # records it makes of them.
      def rows(record, group, count)
        record.last = group
        return unless count

        record.last = nil
        group[3] += count
        group[4] += 1
      end

      # One example of each statement, for EXPLAIN: in memory only, newest wins.
      def keep(id, sql, payload, connection)
        return if sql.bytesize > LONG || (!@examples.key?(id) && @examples.size >= EXAMPLES)

        @examples[id] = [sql, payload[:binds], connection]
      end
    end

    # sql.active_record
    class Statements
      def start(_name, _id, _payload)
        record = Meter.current or return
        record.last = nil
        record.stack << Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
      end

      def finish(_name, _id, payload)
        record = Meter.current or return
        started = record.stack.pop or return
        ns = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) - started
        return if payload[:name] == "SCHEMA"

        before = GC.stat(:total_allocated_objects)
        Sql.record(record, payload, ns)
        record.own += GC.stat(:total_allocated_objects) - before
      rescue *FAULTS => e
        PitwallAgent.fault(e)
      end

      # A statement that ran in another thread (load_async) is told afterwards.
      def publish_event(event)
        record = Meter.current or return
        Sql.record(record, event.payload, (event.duration * 1e6).to_i) unless event.payload[:name] == "SCHEMA"
      rescue *FAULTS => e
        PitwallAgent.fault(e)
      end
    end

    # instantiation.active_record
    class Instances
      def start(_name, _id, payload)
        record = Meter.current or return
        group = record.last or return
        record.last = nil
        group[3] += payload[:record_count].to_i
        group[4] += 1
      rescue *FAULTS => e
        PitwallAgent.fault(e)
      end

      def finish(_name, _id, _payload); end
    end

    # process_action.action_controller
    class Actions
      def start(_name, _id, _payload); end

      def finish(_name, _id, payload)
        record = Meter.current or return
        view = payload[:view_runtime]
        record.view = (view * 1e6).to_i if view.is_a?(Numeric)
      rescue *FAULTS => e
        PitwallAgent.fault(e)
      end
    end
  end
end
