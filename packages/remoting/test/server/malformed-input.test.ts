import { worlds } from '../fixture.ts';
import { malformedInputCases } from './malformed-input-cases.ts';

for (const world of worlds) malformedInputCases(world);
