/** A page full of what nobody may see, for tests of what is kept of it. */

/** Each must be nowhere in what is kept. */
export const SECRETS = [
  'hunter22',
  'csrf-4711-abcd',
  'jane.doe@mail.example',
  'DE89370400440532013000',
  'DE89 3704 0044 0532 0130 00',
  '4111 1111 1111 1111',
  '+49 30 1234567',
  '9876543210',
  'eyJhbGciOiJIUzI1NiJ9',
  'sk_live_abcdefghij1234567890',
  'window-secret-77',
  'comment-secret-88',
  'template-secret-99',
  'session=zzz999zzz',
  'Jane Q. Customer',
  '8.412,77',
  'typed-in-name',
  'Jane%20Q.%20Customer',
  'Jane+Q.+Customer',
  'member-abcdef',
  'Q. Customer',
]

/** Each must still be there: evidence that shows nothing explains nothing. */
export const PLAIN = [
  'North Bank',
  'Accounts',
  'class="amount-held"',
  'Transfer of 12,50 €',
  '"@type":"BankAccount"',
]

export const PRIVATE_PAGE = `<!doctype html><html><head><title>North Bank</title>
<meta name="csrf-token" content="csrf-4711-abcd">
<script>window.state = { user: 'window-secret-77', key: 'sk_live_abcdefghij1234567890' }</script>
<script type="application/ld+json">{"@type":"BankAccount","email":"jane.doe@mail.example","owner":"Jane Q. Customer"}</script>
</head><body onload="document.title = 'North Bank'">
<!-- comment-secret-88 -->
<h1>Accounts</h1>
<p class="first">Jane</p><p class="owner">Jane Q. Customer</p><p>Welcome, Jane Q. Customer</p>
<p class="amount-held" data-amount="8.412,77">8.412,77 €</p>
<p>IBAN DE89 3704 0044 0532 0130 00, also <span>DE89</span><b>3704</b><span>0044053201</span><i>3000</i></p>
<p>Card 4111 1111 1111 1111, tel. +49 30 1234567, account 9876543210</p>
<a href="/of/Jane%20Q.%20Customer?name=Jane+Q.+Customer&amp;iban=DE89370400440532013000">Me</a>
<img src="/photo/jane.doe@mail.example.png" srcset="/member-abcdef/9876543210.png 2x" alt="">
<p id="member-abcdef" class="member">One</p>
<p id="of-member-abcdef" class="x-member-abcdef" data-of="member-abcdef" style="--of: 'member-abcdef'">Two</p>
<p>Transfer of 12,50 €</p>
<a href="/logout?session=zzz999zzz&page=2">Out</a> <a href="mailto:jane.doe@mail.example">Mail</a>
<form><input type="password" value="hunter22"><input type="hidden" name="_t" value="csrf-4711-abcd">
<input name="who" value="typed-in-name"><textarea>typed-in-name</textarea></form>
<div data-token="eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk">x</div>
<template>template-secret-99</template>
<iframe srcdoc="<p>9876543210</p>" width="200" height="40"></iframe>
<div id="host"></div>
<script>
  document.getElementById('host').attachShadow({ mode: 'open' }).innerHTML = '<p>Jane Q. Customer, jane.doe@mail.example</p>'
  // A page that puts back what was taken out.
  setInterval(() => { document.querySelector('.owner').textContent = 'Jane Q. Customer' }, 5)
</script>
</body></html>`
