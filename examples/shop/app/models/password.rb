# frozen_string_literal: true

# A password's digest, "pbkdf2-sha256$iterations$salt$digest". So few
# iterations are an example's: a real shop takes hundreds of thousands.
module Password
  ITERATIONS = 2_000

  module_function

  def digest(plain, iterations: ITERATIONS, salt: SecureRandom.hex(8))
    bytes = OpenSSL::KDF.pbkdf2_hmac(plain, salt: salt, iterations: iterations, length: 32, hash: "SHA256")
    "pbkdf2-sha256$#{iterations}$#{salt}$#{bytes.unpack1("H*")}"
  end

  def match?(plain, digest)
    _kind, iterations, salt, = digest.split("$")
    again = digest(plain, iterations: Integer(iterations), salt: salt)
    ActiveSupport::SecurityUtils.secure_compare(again, digest)
  end
end
