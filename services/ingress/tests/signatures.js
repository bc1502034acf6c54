// What NOWPayments computes, in its own language. Reads one JSON array of {secret, body}, writes one of
// {kept, objects, raw, signedKept, signedObjects}: texts and hex signatures. Shares nothing with our code.
const crypto = require('crypto');

// The provider's SDK: arrays stay arrays.
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value !== null && typeof value === 'object') {
    return Object.keys(value).sort().reduce((result, key) => {
      result[key] = sorted(value[key]);
      return result;
    }, {});
  }
  return value;
}

// The sample in its documentation: an array becomes an object.
function sortObject(obj) {
  return Object.keys(obj).sort().reduce((result, key) => {
    result[key] = (obj[key] && typeof obj[key] === 'object') ? sortObject(obj[key]) : obj[key];
    return result;
  }, {});
}

const sign = (secret, text) => crypto.createHmac('sha512', secret.trim()).update(text).digest('hex');

const vectors = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(vectors.map(({ secret, body }) => {
  const value = JSON.parse(body);
  const kept = JSON.stringify(sorted(value));
  const objects = JSON.stringify(sortObject(value));
  return { kept, objects, raw: sign(secret, body), signedKept: sign(secret, kept), signedObjects: sign(secret, objects) };
})));
