// The verdict of @simplewebauthn/server on each case. Called with the folder that holds node_modules.
import { webcrypto } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

// Node before 19 keeps it there.
globalThis.crypto ??= webcrypto;
const { SettingsService, verifyAuthenticationResponse, verifyRegistrationResponse } = createRequire(
  `${process.argv[2]}/package.json`,
)('@simplewebauthn/server');

// Revocation lists named in certificates are not asked for: the verdict must not hang on a network.
globalThis.fetch = async () => {
  throw new Error('no network here');
};

const RealDate = Date;
let now = 0;
// The library reads the clock of the process; a case brings its own.
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length ? parts : [now]));
  }
  static now() {
    return now;
  }
};

const FORMATS = ['android-key', 'android-safetynet', 'apple', 'fido-u2f', 'packed', 'tpm'];
const OFFERED = [-8, -7, -35, -36, -37, -257];
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64url'));

async function judge(item) {
  now = item.now * 1000;
  const shared = {
    response: item.response,
    expectedChallenge: item.challenge,
    expectedOrigin: item.origin,
    expectedRPID: item.rp_id,
    requireUserVerification: item.user_verification ?? false,
  };
  if (item.stored) {
    return verifyAuthenticationResponse({
      ...shared,
      expectedTopOrigin: item.top_origins,
      credential: {
        id: item.stored.credential_id,
        publicKey: bytes(item.stored.public_key),
        counter: item.stored.sign_count,
      },
    });
  }
  for (const identifier of FORMATS) {
    SettingsService.setRootCertificates({ identifier, certificates: (item.roots ?? []).map(bytes) });
  }
  return verifyRegistrationResponse({ ...shared, supportedAlgorithmIDs: OFFERED });
}

for await (const line of createInterface({ input: process.stdin })) {
  const item = JSON.parse(line);
  // The library has no way to judge a statement alone.
  if (item.client_data_hash) continue;
  let verdict;
  try {
    const { verified } = await judge(item);
    verdict = { name: item.name, accepts: verified, why: verified ? undefined : 'not verified' };
  } catch (error) {
    verdict = { name: item.name, accepts: false, why: `${error.message}`.slice(0, 200) };
  }
  process.stdout.write(JSON.stringify(verdict) + '\n');
}
