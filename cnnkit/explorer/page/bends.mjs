// Activations by name, as in bends.py.

export const LINEAR = { name: "linear" };
const SELU = { alpha: 1.6732632423543772, scale: 1.0507009873554805 };

// Abramowitz and Stegun do not reach float32; this series and fraction do.
function erf(x) {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x, sum = x;
    for (let n = 1; n < 60; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (a + fraction) / Math.sqrt(Math.PI));
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const elu = (x, { alpha }) => (x < 0 ? alpha * Math.expm1(x) : x);

function relu(x, { threshold = 0, max_value = null, negative_slope = 0 }) {
  if (max_value !== null && x >= max_value) return max_value;
  return x < threshold ? negative_slope * (x - threshold) : x;
}

const FORMULAS = {
  linear: (x) => x,
  relu,
  relu6: (x) => relu(x, { max_value: 6 }),
  leaky_relu: (x, { negative_slope }) => (x < 0 ? x * negative_slope : x),
  elu,
  selu: (x) => SELU.scale * elu(x, SELU),
  gelu: (x) => x * (1 + erf(x / Math.SQRT2)) / 2,
  silu: (x) => x * sigmoid(x),
  sigmoid,
  hard_sigmoid: (x) => (Number.isNaN(x) ? x : Math.min(Math.max(x / 6 + 0.5, 0), 1)),
  tanh: Math.tanh,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  softsign: (x) => x / (1 + Math.abs(x)),
  exponential: Math.exp,
};

export const isKnown = (bend) => bend.name in FORMULAS;
export const bent = (bend, x) => FORMULAS[bend.name](x, bend);
