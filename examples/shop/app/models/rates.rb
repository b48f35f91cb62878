# frozen_string_literal: true

# Exchange rates from another service, which takes its time (bin/slow).
class Rates
  def self.for(currency)
    return ask(currency) unless Rails.configuration.x.switches.fixed?("io")

    Rails.cache.fetch("rates/#{currency}", expires_in: 10.minutes) { ask(currency) }
  end

  # The planted fault: every page waits for the answer.
  def self.ask(currency)
    uri = URI.join(ENV.fetch("SLOW_URL"), "/rates?currency=#{CGI.escape(currency)}")
    http = Net::HTTP.new(uri.host, uri.port, nil)
    http.open_timeout = 2
    http.read_timeout = 5
    JSON.parse(http.get(uri.request_uri).body)
  end
  private_class_method :ask
end
