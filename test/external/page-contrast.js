// Runs in the page. Gives the texts whose contrast is below WCAG 2.2 AA, over the backgrounds that are behind them.
(() => {
  const LEAST = 4.5;
  /** For text of 24 px, or of 18.66 px and bold. */
  const LEAST_LARGE = 3;
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });

  /** The browser itself turns every notation of a colour into bytes. */
  function bytes(colors) {
    context.clearRect(0, 0, 1, 1);
    for (const color of colors) {
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }

  function luminance(rgb) {
    const [red, green, blue] = rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  /** Everything that is painted behind an element, from the page up. */
  function backgrounds(element) {
    return element === null ? ['white'] : [...backgrounds(element.parentElement), getComputedStyle(element).backgroundColor];
  }

  function isSeen(element) {
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && getComputedStyle(element).visibility === 'visible' && element.closest(':disabled, .skip') === null;
  }

  function ownText(element) {
    return [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join('').trim();
  }

  return [...document.querySelectorAll('body *')].filter((element) => ownText(element) !== '' && isSeen(element)).flatMap((element) => {
    const style = getComputedStyle(element);
    const behind = luminance(bytes(backgrounds(element)));
    const front = luminance(bytes([...backgrounds(element), style.color]));
    const contrast = (Math.max(behind, front) + 0.05) / (Math.min(behind, front) + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    return contrast < (isLarge ? LEAST_LARGE : LEAST) ? [`"${ownText(element).slice(0, 40)}" has a contrast of ${contrast.toFixed(2)}`] : [];
  });
})();
