import {
  DeleteKVConfigRequestHeader,
  GetKVConfigRequestHeader,
  GetKVConfigResponseHeader,
  GetKVListByNamespaceRequestHeader,
  KVTable,
  PutKVConfigRequestHeader,
  RequestCode,
  ResponseCode,
  responseTo,
} from '@centaurmq/protocol';
import type { RemotingServer } from '@centaurmq/remoting';
import type { KVConfigManager } from '../kvconfig/kv-config-manager.ts';

/** PUT, GET, DELETE_KV_CONFIG and GET_KVLIST_BY_NAMESPACE. */
export function registerKvConfigProcessor(server: RemotingServer, kvConfig: KVConfigManager): void {
  server.register(RequestCode.PUT_KV_CONFIG, async (request) => {
    const { namespace, key, value } = PutKVConfigRequestHeader.decode(request.extFields);
    await kvConfig.putKVConfig(namespace, key, value);
    return responseTo(request, ResponseCode.SUCCESS);
  });

  server.register(RequestCode.GET_KV_CONFIG, (request) => {
    const { namespace, key } = GetKVConfigRequestHeader.decode(request.extFields);
    const value = kvConfig.getKVConfig(namespace, key);
    if (value === null) {
      const remark = `No config item, Namespace: ${namespace} Key: ${key}`;
      return responseTo(request, ResponseCode.QUERY_NOT_FOUND, { remark });
    }
    return responseTo(request, ResponseCode.SUCCESS, {
      extFields: GetKVConfigResponseHeader.encode({ value }),
    });
  });

  server.register(RequestCode.DELETE_KV_CONFIG, async (request) => {
    const { namespace, key } = DeleteKVConfigRequestHeader.decode(request.extFields);
    await kvConfig.deleteKVConfig(namespace, key);
    return responseTo(request, ResponseCode.SUCCESS);
  });

  server.register(RequestCode.GET_KVLIST_BY_NAMESPACE, (request) => {
    const { namespace } = GetKVListByNamespaceRequestHeader.decode(request.extFields);
    const table = kvConfig.getKVListByNamespace(namespace);
    if (table === null) {
      const remark = `No config item, Namespace: ${namespace}`;
      return responseTo(request, ResponseCode.QUERY_NOT_FOUND, { remark });
    }
    return responseTo(request, ResponseCode.SUCCESS, { body: KVTable.encode({ table }) });
  });
}
