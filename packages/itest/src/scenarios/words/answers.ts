/** What the command lines print, as far as scenarios read it: 64-bit numbers are text in `auctionctl`, plain in tables of `pool`. */

export interface AccountAnswer {
  readonly trader_key: string
  readonly outpoint: string
  readonly value: number
  readonly available_balance: number
  readonly expiration_height: number
  readonly state: string
  readonly latest_txid: string
  readonly version: string
}

export interface LeaseAnswer {
  readonly channel_point: string
  readonly channel_amt_sat: number
  readonly channel_duration_blocks: number
  readonly channel_lease_expiry: number
  readonly channel_node_key: string
  readonly premium_sat: number
  readonly clearing_rate_price: number
  readonly order_fixed_rate: number
  readonly execution_fee_sat: number
  readonly chain_fee_sat: number
  readonly order_nonce: string
  readonly matched_order_nonce: string
  readonly purchased: boolean
  readonly self_chan_balance: number
}

export interface LeasesAnswer {
  readonly leases: readonly LeaseAnswer[]
  readonly total_amt_earned_sat: number
  readonly total_amt_paid_sat: number
}

export interface SubmitAnswer {
  readonly accepted_order_nonce?: string
  readonly invalid_order?: { readonly fail_string: string }
}

export interface OrderAnswer {
  readonly details: {
    readonly order_nonce: string
    readonly trader_key: string
    readonly state: string
    readonly units: number
    readonly units_unfulfilled: number
    readonly reserved_value_sat: string
  }
  /** Only where daemon and auctioneer are ours. */
  readonly resting_reason?: string
}

export interface OrdersAnswer {
  readonly asks: readonly OrderAnswer[]
  readonly bids: readonly OrderAnswer[]
}

export interface MatchAnswer {
  readonly ask_nonce: string
  readonly bid_nonce: string
  readonly units: number
  readonly lease_duration_blocks: number
  readonly clearing_price_rate: number
  readonly premium_sat: string
  readonly maker_execution_fee_sat: string
  readonly taker_execution_fee_sat: string
  readonly channel_value_sat: string
  readonly output_index: number
  readonly commitment_type: string
  readonly ask_node_key: string
  readonly bid_node_key: string
  readonly self_chan_balance_sat: string
}

export interface DiffAnswer {
  readonly account_key: string
  readonly starting_balance_sat: string
  readonly ending_balance_sat: string
  readonly chain_fee_sat: string
  readonly ending_state: string
  readonly output_index: number
  readonly new_expiry: number
  readonly new_version: number
  readonly version: number
}

export interface BatchAnswer {
  readonly batch_id: string
  readonly txid: string
  readonly fee_rate_sat_per_kw: string
  readonly height_hint: number
  readonly state: string
  readonly matches: readonly MatchAnswer[]
  readonly accounts: readonly DiffAnswer[]
  readonly clearing_prices: Readonly<Record<string, number>>
  readonly miner_fee_sat: string
  readonly master_value_before_sat: string
  readonly master_value_after_sat: string
  readonly num_attempts: number
  readonly confirmed_height: number
}

export interface FailureAnswer {
  readonly account_keys: readonly string[]
  readonly code: string
  readonly detail: string
}

export interface AttemptAnswer {
  readonly number: number
  readonly ended_in: string
  readonly num_matches: number
  readonly failures: readonly FailureAnswer[]
}

export interface RunAnswer {
  readonly outcome: string
  readonly detail: string
  readonly attempts: readonly AttemptAnswer[]
  readonly resting: readonly { readonly nonce: string; readonly reason: string }[]
}

export interface RunNowAnswer {
  readonly run: RunAnswer | null
  readonly batch: BatchAnswer | null
}

export interface UnconfirmedAnswer {
  readonly num_transactions: number
  readonly virtual_size: string
  readonly fee_rate_sat_per_kw: string
  readonly problem: string
}

export interface BumpAnswer {
  readonly txid: string
  readonly fee_sat: string
  readonly unconfirmed: UnconfirmedAnswer
  readonly problem: string
}

export interface BatchesAnswer {
  readonly batches: readonly BatchAnswer[]
}

export interface AdminAccountAnswer {
  readonly account_key: string
  readonly value_sat: string
  readonly expiry: number
  readonly version: number
  readonly state: string
  readonly txid: string
  readonly output_index: number
  readonly subscribed: boolean
}

export interface AdminAccountsAnswer {
  readonly accounts: readonly AdminAccountAnswer[]
  readonly reservations: readonly { readonly account_key: string; readonly value_sat: string }[]
}

export interface MasterAnswer {
  readonly state: string
  readonly value_sat: string
  readonly txid: string
  readonly output_index: number
  readonly confirmed: boolean
}

export interface StatusAnswer {
  readonly block_height: number
  readonly current_batch_key: string
  readonly master_account: MasterAnswer | null
  readonly auction_state: string
  readonly next_fee_rate_sat_per_kw: string
  readonly num_accounts: number
  readonly num_open_orders: number
  readonly num_batches: number
  readonly num_subscribed_accounts: number
  readonly unconfirmed: UnconfirmedAnswer
}

export interface SilencesAnswer {
  readonly silences: readonly {
    readonly account_key: string
    readonly times: number
    readonly step: string
    readonly left_out_until_ns: string
    readonly num_open_orders: number
  }[]
}
