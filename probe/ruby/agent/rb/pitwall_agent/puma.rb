# frozen_string_literal: true

module PitwallAgent
  # The earliest point at which a request has a thread of its own.
  module PumaRequests
    def handle_request(client, *rest)
      return super unless PitwallAgent.on

      record = Meter.open(client.env)
      return super unless record

      begin
        super
      ensure
        Meter.close(record)
      end
    end
  end

  module PumaServer
    def run(*args)
      PitwallAgent.part("meter")
      @app = App.new(@app) unless @app.is_a?(App)
      PitwallAgent.serve("web")
      Meter.server = self
      super(*args)
    end
    ruby2_keywords(:run)
  end

  ::Puma::Server.prepend(PumaServer)
  ::Puma::Server.prepend(PumaRequests) if ::Puma::Server.method_defined?(:handle_request) || ::Puma::Server.private_method_defined?(:handle_request)
end
