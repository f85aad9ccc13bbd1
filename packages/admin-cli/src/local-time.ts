/** `2026-11-21 03:15:00`, by the clock of this machine; `N/A` for a time that never was. */
export function localTime(timestamp: number): string {
  if (timestamp <= 0) return 'N/A';
  const date = new Date(timestamp);
  const day = `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
  return `${day} ${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
