// On a system without a language Chromium has one that its own functions refuse ('en-US@posix'), and with that the chart library would not load.
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' });
}
