/**
 * Ordinals of Apache RocketMQ's `MQVersion` that change how a peer is answered, and {@link MqVersion.CURRENT}, which we
 * send. A version is compared, never looked up: any other ordinal is as good.
 */
export const MqVersion = {
  /** From here on a consumer accepts 220 and 221. */
  V3_0_7_SNAPSHOT: 28,
  /** From here on the body of REGISTER_BROKER is a RegisterBrokerBody. */
  V3_0_11: 37,
  /** From here on a client accepts 307 and 309. */
  V3_1_8_SNAPSHOT: 62,
  /** From here on `maxReconsumeTimes` of a request counts. */
  V3_4_9: 121,
  /** A client asks for SQL92 only of a broker from here on. */
  V4_1_0_SNAPSHOT: 232,
  /** Up to here a signature leaves `_UNIQUE_KEY_QUERY` out. */
  V4_9_3: 399,
  /** From here on routes are asked for in strict JSON. */
  V4_9_4: 401,
  V4_9_8: 409,
  /** From here on a compressed registration carries topic-queue mappings. */
  V5_0_0: 413,
  /** Only later clients understand GO_AWAY. */
  V5_3_1: 475,
  V5_3_3: 479,
  /** What our commands carry. */
  CURRENT: 479,
} as const;

const FIRST_ORDINARY = 16;
const EARLY_NAMES: readonly string[] = [
  'V3_0_0_SNAPSHOT',
  'V3_0_0_ALPHA1',
  'V3_0_0_BETA1',
  'V3_0_0_BETA2',
  'V3_0_0_BETA3',
  'V3_0_0_BETA4',
  'V3_0_0_BETA5',
  'V3_0_0_BETA6_SNAPSHOT',
  'V3_0_0_BETA6',
  'V3_0_0_BETA7_SNAPSHOT',
  'V3_0_0_BETA7',
  'V3_0_0_BETA8_SNAPSHOT',
  'V3_0_0_BETA8',
  'V3_0_0_BETA9_SNAPSHOT',
  'V3_0_0_BETA9',
  'V3_0_0_FINAL',
];

/** Every release from 3.0.1 to 5.9.9 as RocketMQ numbers them: 3.0 runs to .15, 3.3 – 3.9 have no .0. */
function releases(): string[] {
  const names: string[] = [];
  for (let major = 3; major <= 5; major += 1) {
    for (let minor = 0; minor <= 9; minor += 1) {
      const first = major === 3 && (minor === 0 || minor > 2) ? 1 : 0;
      const last = major === 3 && minor === 0 ? 15 : 9;
      for (let patch = first; patch <= last; patch += 1) names.push(`V${major}_${minor}_${patch}`);
    }
  }
  return names;
}

const releaseNames: readonly string[] = releases();

/** `V5_3_3` for 479, as `MQVersion.getVersionDesc` names it; beyond the known ones `HIGHER_VERSION`. */
export function mqVersionName(version: number): string {
  if (version < 0) return `V${version}`;
  if (version < FIRST_ORDINARY) return EARLY_NAMES[version] ?? 'HIGHER_VERSION';
  const release = releaseNames[(version - FIRST_ORDINARY) >> 1];
  if (release === undefined) return 'HIGHER_VERSION';
  return (version - FIRST_ORDINARY) % 2 === 0 ? `${release}_SNAPSHOT` : release;
}
