/** Version of this daemon, as it names itself to users and auctioneers. */
export const VERSION = '0.1.0-tidepool'
