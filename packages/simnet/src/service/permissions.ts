import type { Permission } from '@tidepool/rpc'

/** Permissions a macaroon needs per method; measured on lnd 0.20.1. Methods without an entry need none of these. */
const BY_PERMISSION: Readonly<Record<string, readonly string[]>> = {
  'info:read': ['verrpc.Versioner/GetVersion', 'lnrpc.Lightning/GetInfo', 'lnrpc.Lightning/GetNodeInfo'],
  'peers:write': ['lnrpc.Lightning/ConnectPeer', 'lnrpc.Lightning/DisconnectPeer'],
  'peers:read': ['lnrpc.Lightning/ListPeers', 'lnrpc.Lightning/SubscribePeerEvents'],
  'onchain:read': [
    'lnrpc.Lightning/GetTransactions',
    'lnrpc.Lightning/EstimateFee',
    'lnrpc.Lightning/WalletBalance',
    'walletrpc.WalletKit/ListAccounts',
    'walletrpc.WalletKit/ListUnspent',
    'walletrpc.WalletKit/ListLeases',
    'walletrpc.WalletKit/EstimateFee',
    'walletrpc.WalletKit/GetTransaction',
    'walletrpc.WalletKit/RequiredReserve',
    'chainrpc.ChainNotifier/RegisterConfirmationsNtfn',
    'chainrpc.ChainNotifier/RegisterSpendNtfn',
    'chainrpc.ChainNotifier/RegisterBlockEpochNtfn',
    'chainrpc.ChainKit/GetBestBlock',
    'chainrpc.ChainKit/GetBlock',
    'chainrpc.ChainKit/GetBlockHash',
    'chainrpc.ChainKit/GetBlockHeader',
  ],
  'onchain:write': [
    'lnrpc.Lightning/OpenChannel',
    'lnrpc.Lightning/FundingStateStep',
    'lnrpc.Lightning/ChannelAcceptor',
    'lnrpc.Lightning/SendCoins',
    'walletrpc.WalletKit/LeaseOutput',
    'walletrpc.WalletKit/ReleaseOutput',
    'walletrpc.WalletKit/SendOutputs',
    'walletrpc.WalletKit/FundPsbt',
    'walletrpc.WalletKit/SignPsbt',
    'walletrpc.WalletKit/FinalizePsbt',
    'walletrpc.WalletKit/PublishTransaction',
    'walletrpc.WalletKit/BumpFee',
    'walletrpc.WalletKit/LabelTransaction',
  ],
  'offchain:read': [
    'lnrpc.Lightning/SubscribeChannelEvents',
    'lnrpc.Lightning/PendingChannels',
    'lnrpc.Lightning/ListChannels',
    'lnrpc.Lightning/ClosedChannels',
    'lnrpc.Lightning/ExportChannelBackup',
  ],
  'offchain:write': [
    'lnrpc.Lightning/OpenChannel',
    'lnrpc.Lightning/FundingStateStep',
    'lnrpc.Lightning/ChannelAcceptor',
    'lnrpc.Lightning/AbandonChannel',
  ],
  'address:read': [
    'walletrpc.WalletKit/DeriveKey',
    'walletrpc.WalletKit/DeriveNextKey',
    'walletrpc.WalletKit/NextAddr',
  ],
  'address:write': ['lnrpc.Lightning/NewAddress'],
  'macaroon:generate': ['lnrpc.Lightning/BakeMacaroon'],
  'signer:generate': [
    'signrpc.Signer/SignOutputRaw',
    'signrpc.Signer/ComputeInputScript',
    'signrpc.Signer/SignMessage',
    'signrpc.Signer/DeriveSharedKey',
    'signrpc.Signer/MuSig2CreateSession',
    'signrpc.Signer/MuSig2RegisterNonces',
    'signrpc.Signer/MuSig2Sign',
    'signrpc.Signer/MuSig2CombineSig',
    'signrpc.Signer/MuSig2Cleanup',
  ],
  'signer:read': ['signrpc.Signer/VerifyMessage', 'signrpc.Signer/MuSig2CombineKeys'],
}

export const ENTITIES = [
  'onchain',
  'offchain',
  'address',
  'message',
  'peers',
  'info',
  'invoices',
  'signer',
  'macaroon',
] as const
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  signer: ['generate', 'read'],
  macaroon: ['generate', 'read', 'write'],
}

/** Everything, as in admin.macaroon. */
export const ALL_PERMISSIONS: readonly Permission[] = ENTITIES.flatMap((entity) =>
  (ACTIONS[entity] ?? ['read', 'write']).map((action): Permission => `${entity}:${action}`),
)

const BY_METHOD = new Map<string, Permission[]>()
for (const [permission, methods] of Object.entries(BY_PERMISSION)) {
  for (const method of methods) {
    BY_METHOD.set(`/${method}`, [...(BY_METHOD.get(`/${method}`) ?? []), permission as Permission])
  }
}

/** What `/package.Service/Method` needs, all of it. */
export const permissionsFor = (method: string): readonly Permission[] => BY_METHOD.get(method) ?? []
