/** What the page does once it is open: it sorts and filters its lines. Without it they stand there by cost, all of them. */
export const SCRIPT = `
(() => {
  const body = document.querySelector('#lines tbody');
  const rows = [...body.rows];
  const find = (id) => document.getElementById(id);
  const [text, stage, kind, order, shown] = ['filter', 'stage', 'kind', 'order', 'shown'].map(find);
  const heads = [...document.querySelectorAll('#lines th[data-key]')];
  const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
  const count = new Intl.NumberFormat('en-US');
  const isNumber = { usd: true, quantity: true };
  const words = rows.map((row) => row.textContent.toLowerCase());
  let sorted = { key: 'usd', down: true };

  function filter() {
    const wanted = text.value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
    let [visible, usd] = [0, 0];
    rows.forEach((row, index) => {
      row.hidden = !(wanted.every((word) => words[index].includes(word)) && (stage.value === '' || row.dataset.stage === stage.value) && (kind.value === '' || row.dataset.kind === kind.value));
      visible += row.hidden ? 0 : 1;
      usd += row.hidden ? 0 : Number(row.dataset.usd);
    });
    shown.textContent = count.format(visible) + ' of ' + count.format(rows.length) + ' lines, ' + dollars.format(usd) + ' a month';
  }

  function sort(key, down) {
    sorted = { key, down };
    const sign = down ? -1 : 1;
    const compare = isNumber[key]
      ? (a, b) => sign * (Number(a.dataset[key]) - Number(b.dataset[key]))
      : (a, b) => sign * (a.dataset[key] < b.dataset[key] ? -1 : a.dataset[key] > b.dataset[key] ? 1 : 0);
    body.append(...[...rows].sort(compare));
    heads.forEach((head) => (head.dataset.key === key ? head.setAttribute('aria-sort', down ? 'descending' : 'ascending') : head.removeAttribute('aria-sort')));
    order.value = key;
  }

  heads.forEach((head) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    button.addEventListener('click', () => sort(head.dataset.key, sorted.key === head.dataset.key ? !sorted.down : isNumber[head.dataset.key] === true));
    head.replaceChildren(button);
  });
  text.addEventListener('input', filter);
  [stage, kind].forEach((it) => it.addEventListener('change', filter));
  order.addEventListener('change', () => sort(order.value, isNumber[order.value] === true));
  find('controls').hidden = false;
  sort('usd', true);
  filter();
})();
`;
