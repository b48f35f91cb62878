# frozen_string_literal: true

class Story < ApplicationRecord
end
