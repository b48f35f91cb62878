# Runs under the agent; prints what does not hold. Nothing here may reach the
# network: 192.0.2.0/24 and example names are reserved.
require "socket"
require "net/http"
def refused(what)
  yield
  puts "#{what}: let through"
rescue Errno::ECONNREFUSED => e
  puts "#{what}: #{e.class} #{e.message}" unless e.message.include?("pitwall refused")
rescue StandardError => e
  puts "#{what}: #{e.class} #{e.message}"
end

def let(what)
  yield
rescue SystemCallError => e
  puts "#{what}: #{e.message}" if e.message.include?("pitwall")
end
ADDRESS = "192.0.2.1"
refused("TCPSocket.new") { TCPSocket.new(ADDRESS, 80) }
refused("TCPSocket.open") { TCPSocket.open("api.example", 80) { } }
refused("connect_timeout") { TCPSocket.new(ADDRESS, 80, connect_timeout: 1) }
refused("Socket.tcp") { Socket.tcp("api.example", 80, connect_timeout: 1) { } }
refused("Net::HTTP") { Net::HTTP.get(URI("http://api.example/")) }
refused("Addrinfo#connect") { Addrinfo.tcp(ADDRESS, 80).connect }
refused("Socket#connect") { Socket.new(:INET, :STREAM).connect(Socket.sockaddr_in(80, ADDRESS)) }
refused("connect_nonblock") { Socket.new(:INET, :STREAM).connect_nonblock(Socket.sockaddr_in(80, ADDRESS)) }
refused("mapped") { Socket.new(:INET6, :STREAM).connect_nonblock(Socket.sockaddr_in(80, "::ffff:#{ADDRESS}")) }
refused("port") { TCPSocket.new("192.0.2.7", 81, connect_timeout: 0.01) }
refused("prefix of an allowed name") { TCPSocket.new("allowed.example.evil", 80) }
let("port") { Socket.new(:INET, :STREAM).connect_nonblock(Socket.sockaddr_in(80, "192.0.2.7"), exception: false) }

server = TCPServer.new("127.0.0.1", 0)
port = server.addr[1]
["127.0.0.1", "localhost", "LOCALHOST", "127.0.0.1"].each { |host| let(host) { TCPSocket.new(host, port).close } }
let("block") { Socket.tcp("127.0.0.1", port) { |s| s.write("x") } }
let("any") { TCPSocket.new("0.0.0.0", port).close }
let("mapped loopback") { Socket.new(:INET6, :STREAM).connect(Socket.sockaddr_in(port, "::ffff:127.0.0.1")) }
let("udp") { Socket.new(:INET, :DGRAM).connect(Socket.sockaddr_in(9, ADDRESS)) }
a, b = UNIXSocket.pair
puts "pair" unless a && b
refused("inside a block of an allowed one") { Socket.tcp("127.0.0.1", port) { TCPSocket.new(ADDRESS, 80) } }
begin
  Socket.new(:INET, :STREAM).connect("nonsense")
  puts "nonsense connects"
rescue ArgumentError, SystemCallError, SocketError
  nil
end
