module.exports = (text, length, fill = " ") => String(text).padStart(length, fill);
