# TINY_BOOT=fails prints why and ends; TINY_BOOT=deaf never listens.
case ENV["TINY_BOOT"]
when "fails"
  warn "tiny: cannot find its licence"
  exit 9
when "deaf"
  warn "tiny: thinking"
  sleep
end

workers Integer(ENV.fetch("TINY_WORKERS", "2"))
threads 2, 2
bind "tcp://127.0.0.1:#{ENV.fetch('PORT', '9292')}"
silence_single_worker_warning
