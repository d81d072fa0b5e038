"""Images as documents: a picture of two tones is a row of pixels, read line by line."""
